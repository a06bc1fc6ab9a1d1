"""The OpenAPI document, written from the handlers themselves: what they accept, what they answer, what they refuse."""
