# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A service of the usual kind. It knows nothing of its wrapper: /health is all that it has for it."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def hello():
    return {"hello": "world"}


@app.get("/health")
def health():
    return {"status": "up"}
