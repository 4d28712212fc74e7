"""feedsvc as a consumer of feeds: fetch, check, mirror. It uses only the public documents of a service."""
