MODIFY v json
