MODIFY a geometry
