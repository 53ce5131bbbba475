"""Custom steps: the team's own functions, documents and webhooks, told what to do and asked whether it is done."""
