"""Archives of delivery reports: files of JSON in any usual packing and encoding, read in constant memory."""
