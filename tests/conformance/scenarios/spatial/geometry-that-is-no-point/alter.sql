MODIFY a point
