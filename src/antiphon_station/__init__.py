"""The station software: claims itself, registers, rings, shows and hears the visitor, opens doors."""
