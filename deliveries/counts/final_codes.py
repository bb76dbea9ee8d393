"""Result codes that are final, by gateway account, and a digest of them: sums of final messages hold while it stays."""

FINAL_CODES = """
SELECT DISTINCT feed.account_id AS final_account, code.code FROM tenants_feed AS feed
JOIN result_code AS code ON code.dialect = feed.dialect WHERE code.final
"""
DIGEST = f"""
SELECT md5(coalesce(string_agg(final_account || ':' || code, ',' ORDER BY final_account, code), ''))
FROM ({FINAL_CODES}) AS final_code
"""  # noqa: S608  constants of this module
