"""SDP (RFC 8866) and offer/answer (RFC 3264) as far as stations and browsers need it."""
