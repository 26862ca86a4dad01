MODIFY v json, MODIFY w json
