"""What is copied beside the database and moves with it: caches, secrets, buckets. Measuring it is `replication`."""
