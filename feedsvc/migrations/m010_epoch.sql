-- Give every instance an epoch, within which the seq of a change counts; a restored database gets another one.
INSERT INTO facts (name, value) VALUES ('epoch', lower(hex(randomblob(8))))
