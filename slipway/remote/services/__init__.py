"""Programs about what an app needs beside itself: PostgreSQL, redis, memcached."""
