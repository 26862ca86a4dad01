change column `A` `zed` int not null, CHANGE `b` `Be` varchar(41)
