"""Tests in a running Home Assistant, against emulators on real sockets."""
