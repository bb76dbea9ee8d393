"""Office Data Connection files: a query of Power Query that Excel opens as a connection of its own. Pure.

The form is that of the files which Excel saves by "Export connection file": a page in HTML with an island of XML, which
holds the queries as an XML document in a text.
"""

from __future__ import annotations

from html import escape

_KEY = (
    '"paste your API key here" meta'
    ' [IsParameterQuery = true, Type = "Text", IsParameterQueryRequired = true, DefaultValue = ""]'
)
_FILE = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40">
<head>
<meta http-equiv="Content-Type" content="text/x-ms-odc; charset=utf-8"/>
<meta name="ProgId" content="ODC.Database"/>
<meta name="SourceType" content="OLEDB"/>
<title>Query - {name}</title>
<xml id="docprops"><o:DocumentProperties><o:Name>Query - {name}</o:Name></o:DocumentProperties></xml>
<xml id="msodc"><odc:OfficeDataConnection xmlns:odc="urn:schemas-microsoft-com:office:odc">
<odc:PowerQueryConnection odc:Type="OLEDB">
<odc:ConnectionString>{connection}</odc:ConnectionString>
<odc:CommandType>SQL</odc:CommandType>
<odc:CommandText>SELECT * FROM [{name}]</odc:CommandText>
</odc:PowerQueryConnection>
<odc:PowerQueryMashupData>{mashup}</odc:PowerQueryMashupData>
</odc:OfficeDataConnection></xml>
</head>
<body></body>
</html>
"""


def connection_file(query: str, *, name: str) -> str:
    """Return the file of a query in M that takes its key from the parameter ApiKey, which comes with it unfilled.

    `name` has letters only: it stands in a connection string and in a statement.
    """
    connection = f'Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location={name};Extended Properties=""'
    mashup = (
        '<Mashup xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/DataMashup">'
        "<Client>EXCEL</Client><Version>2.140.405.0</Version><MinVersion>2.21.0.0</MinVersion>"
        "<Culture>en-US</Culture><SafeCombine>true</SafeCombine>"
        f"<Items>{_item(name, query)}{_item('ApiKey', _KEY)}</Items></Mashup>"
    )
    return _FILE.format(name=name, connection=escape(connection), mashup=escape(mashup))


def _item(name: str, formula: str) -> str:
    return (
        f'<Query Name="{name}"><Formula>{escape(formula)}</Formula>'
        '<IsParameterQuery xsi:nil="true"/><IsDirectQuery xsi:nil="true"/></Query>'
    )
