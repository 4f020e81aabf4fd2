"""Sans-IO protocols: sip, sdp, ng, and the station and client contracts. No socket, clock or randomness here."""
