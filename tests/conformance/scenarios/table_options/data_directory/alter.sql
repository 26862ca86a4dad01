DATA DIRECTORY = '/nowhere', ADD n int
