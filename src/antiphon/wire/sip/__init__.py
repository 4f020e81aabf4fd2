"""SIP (RFC 3261 and friends), sans-IO: messages, transactions, dialogs, user agent."""
