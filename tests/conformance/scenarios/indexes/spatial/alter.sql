ADD SPATIAL KEY sp (g), ADD n int
