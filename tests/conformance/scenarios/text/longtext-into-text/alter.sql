MODIFY v text
