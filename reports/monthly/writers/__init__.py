"""Writers turn tables into files; none of them drops or changes a value without saying so."""
