"""A statement as files: PDF, workbook, CSV for bookkeeping, Peppol and Finvoice."""
