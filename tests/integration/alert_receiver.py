#!/usr/bin/env python3
"""alert_receiver.py HTTP_PORT SMTP_PORT FOLDER [TLS_PORT]: a webhook and a mail server that misbehave as FOLDER/mode
says. With FOLDER/cert.pem and key.pem the mail server offers STARTTLS, and at TLS_PORT it speaks TLS from the first byte.

What arrives becomes a line of FOLDER/arrived, "TIMES-KEY BODY" as one JSON object: how often it was told is what a test
looks at. The mode, read for each message: ok; hang, nothing is answered for 3 s; lie, it is kept and the answer is an
error; drop, it is kept and the connection ends without an answer; refuse, an error and it is not kept; echo,
a webhook says 404 and repeats its path. Nobody is called gone@...
"""
import email
import email.policy
import json
import os
import socketserver
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

http_port, smtp_port, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
tls_port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
lock = threading.Lock()
tls = None
if os.path.exists(os.path.join(folder, "cert.pem")):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))


def mode():
    try:
        with open(os.path.join(folder, "mode"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return "ok"


def keep(channel, key, body):
    line = json.dumps({"channel": channel, "key": key, "body": body})
    with lock, open(os.path.join(folder, "arrived"), "a", encoding="utf-8") as file:
        file.write(line + "\n")


class Webhook(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        how = mode()
        if how == "hang":
            time.sleep(3)
            return
        if how == "echo":
            said = ("Cannot POST " + self.path).encode()
            self.send_response(404)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            return
        if how != "refuse":
            keep("webhook", self.headers.get("Idempotency-Key", ""), body)
        if how == "drop":
            return
        self.send_response(200 if how == "ok" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Mail(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write((text + "\r\n").encode())

    def handle(self):
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "EHLO" and tls is not None and not isinstance(self.connection, ssl.SSLSocket):
                self.say("250-test")
                self.say("250 STARTTLS")
            elif verb == "EHLO":
                self.say("250-test")
                self.say("250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.connection = tls.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)
            elif verb == "AUTH":
                is_safe = isinstance(self.connection, ssl.SSLSocket)
                keep("login", "safe" if is_safe else "PLAIN TEXT", "")
                if line.upper() == "AUTH PLAIN":
                    self.say("334 ")
                    self.rfile.readline()
                self.say("235 welcome")
            elif verb == "RCPT" and "<gone@" in line:
                self.say("550-a first line")
                self.say("550 gone@example.org is not known")
            elif verb == "DATA":
                if not self.data():
                    return
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self):
        """Whether the connection goes on."""
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line[1:] if line.startswith(".") else line)
        how = mode()
        if how == "hang":
            time.sleep(3)
            return False
        if how != "refuse":
            message = email.message_from_string("".join(lines), policy=email.policy.default)
            keep("mail", message["Message-ID"], message["Subject"] + "\n" + message.get_content())
        if how == "drop":
            return False
        self.say("250 kept" if how == "ok" else "451 later")
        return True


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class TlsMailServer(MailServer):
    def get_request(self):
        connection, address = super().get_request()
        return tls.wrap_socket(connection, server_side=True), address


threading.Thread(target=MailServer(("127.0.0.1", smtp_port), Mail).serve_forever, daemon=True).start()
if tls_port and tls is not None:
    threading.Thread(target=TlsMailServer(("127.0.0.1", tls_port), Mail).serve_forever, daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", http_port), Webhook).serve_forever()
