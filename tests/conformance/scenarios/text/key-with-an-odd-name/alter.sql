CHANGE `id ``%s'"ß` `日 id` bigint NOT NULL
