"""rtpengine's NG control protocol, sans-IO: bencoding, commands, and the machine that keeps the order of commands safe."""
