# SPDX-License-Identifier: Apache-2.0
"""watch: a client that keeps a stream open."""
import queue
import threading

import grpc


class Watch:
    """One stream, read by a thread; next() waits for what comes."""

    def __init__(self, d, path, message=b"", channel=None):
        self.call = (channel or d.channel).unary_stream(path)(message, metadata=(("x-service-name", "test"),))
        self.found = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for message in self.call:
                self.found.put(message)
            self.found.put("end")
        except grpc.RpcError as e:
            self.found.put(e.code())

    def next(self, wait=5):
        try:
            return self.found.get(timeout=wait)
        except queue.Empty:
            return None
