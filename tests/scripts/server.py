# SPDX-License-Identifier: MIT
"""A web server for the tests of scripts/get_data.sh: serves a folder on 127.0.0.1 and prints its port.

What begins with /slow/ stops after half of the file, for a minute.
usage: server.py FOLDER
"""
import functools
import http.server
import sys
import time


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        content = source.read()
        if self.path.startswith("/slow/"):
            outputfile.write(content[:len(content) // 2])
            outputfile.flush()
            time.sleep(60)
        outputfile.write(content)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
