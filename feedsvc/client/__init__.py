"""feedsvc as a consumer of feeds: fetch, check, mirror. Knows a service by its public documents alone."""
