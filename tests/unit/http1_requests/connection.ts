// Hard cases for the request reader: Connection, Upgrade, Expect and what else concerns the hop.
// Each with the sentence that asks for its answer, see case.ts.

import { type Case, get, HOST, post, rows } from "./case.ts";

export const CONNECTION: readonly Case[] = [
  ...rows("9110 7.6.1: Connection = #connection-option", 400, {
    "an option that is no token": get("Connection: clo(se\r\n"),
    "a parameter": get("Connection: keep-alive; timeout=5\r\n"),
    "two options without a comma": get("Connection: close keep-alive\r\n"),
    "33 options": get(`Connection: ${Array(33).fill("x").join(",")}\r\n`),
    "a space inside an option": get("Connection: Content -Length\r\n"),
  }),
  ...rows("9110 7.6.1: Connection = #connection-option", 0, {
    "close": get("Connection: close\r\n"),
    "two options": get("Connection: Keep-Alive, TE\r\nTE: trailers\r\n"),
    "an empty Connection": get("Connection:\r\n"),
    "empty members": get("Connection: , close ,,\r\n"),
    "Upgrade": get("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "a field of the sender's own": get("Connection: X-A\r\nX-A: 1\r\n"),
    "a field that is not there": get("Connection: X-B\r\n"),
    "Cookie": get("Connection: close, Cookie\r\nCookie: a=b\r\n"),
  }),
  ...rows("9110 7.6.1: no option for a field that is meant for every recipient", 400, {
    "Content-Length": post("Connection: Content-Length\r\nContent-Length: 2\r\n", "hi"),
    "Transfer-Encoding": post(
      "Connection: close, transfer-encoding\r\nTransfer-Encoding: chunked\r\n",
      "0\r\n\r\n",
    ),
    "Host": get("Connection: Host\r\n"),
    "Host, behind another": get("Connection: keep-alive\r\nConnection: x, HOST\r\n"),
    "X-Forwarded-For": get("X-Forwarded-For: 10.0.0.1\r\nConnection: X-Forwarded-For\r\n"),
    "X-Forwarded-Host": get("Connection: x-forwarded-host\r\n"),
    "X-Forwarded-Proto": get("Connection: x-forwarded-proto\r\n"),
    "X-Forwarded-Port": get("Connection: x-forwarded-port\r\n"),
    "X-Real-IP": get("Connection: X-Real-IP\r\n"),
    "Forwarded": get("Connection: Forwarded\r\n"),
    "Via": get("Connection: Via\r\n"),
    "X-Request-Id": get("Connection: X-Request-Id\r\n"),
  }),
  ...rows("9110 10.1.1: an expectation other than 100-continue: 417", 417, {
    "another expectation": get("Expect: 200-ok\r\n"),
    "a word before": post("Expect: x 100-continue\r\nContent-Length: 2\r\n", "hi"),
    "a parameter": post("Expect: 100-continue;q=1\r\nContent-Length: 2\r\n", "hi"),
    "a value": post("Expect: 100-continue=1\r\nContent-Length: 2\r\n", "hi"),
    "one of two": post("Expect: 100-continue, x\r\nContent-Length: 2\r\n", "hi"),
    "in a second field": post("Expect: 100-continue\r\nExpect: y\r\nContent-Length: 2\r\n", "hi"),
    "with a prefix": post("Expect: \xa0100-continue\r\nContent-Length: 2\r\n", "hi"),
  }),
  ...rows("9110 10.1.1: 100-continue, case-insensitive; none counts in HTTP/1.0", 0, {
    "100-continue": post("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi"),
    "100-Continue": post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "hi"),
    "100-continue without content": get("Expect: 100-continue\r\n"),
    "an empty list": get("Expect:\r\n"),
    "another one in HTTP/1.0": `GET / HTTP/1.0\r\n${HOST}Expect: 200-ok\r\n\r\n`,
  }),
  ...rows("9110 8.3: Content-Type is a singleton", 400, {
    "two types": post(
      "Content-Type: text/plain\r\nContent-Type: text/html\r\nContent-Length: 2\r\n",
      "hi",
    ),
    "a type and an empty one": post(
      "Content-Type: text/plain\r\ncontent-type:\r\nContent-Length: 2\r\n",
      "hi",
    ),
  }),
  ...rows("9110 8.3: Content-Type is a singleton", 0, {
    "the same type twice": post(
      "Content-Type: text/plain\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n",
      "hi",
    ),
  }),
];
