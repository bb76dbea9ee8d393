"""The API of gates in the shape of LINK's Gate API, below /gate/ (docs/link.md section 6)."""
