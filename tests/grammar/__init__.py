"""The grammar gate: Athena's statements through ANTLR's grammars, and the functions they call. README.md says how."""
