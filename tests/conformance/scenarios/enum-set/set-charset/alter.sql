MODIFY v set('ä','ö','ü','ß') CHARACTER SET ucs2
