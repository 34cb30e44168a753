"""The OpenAPI 3.1 document, made from the routes and from what handlers say of themselves."""
