CREATE SCHEMA "house";

CREATE TABLE "house"."installation" (
  "id" INTEGER PRIMARY KEY,
  "created_at_us" BIGINT NOT NULL
);
