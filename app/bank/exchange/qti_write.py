"""An item and a manifest of QTI 3.0 as text.

Elements and their order are those of the specification's examples for essays, rubric blocks and packages (1EdTech,
QTI 3.0 Best Practices and Implementation Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from app import __version__
from app.bank.question_file import QuestionFile
from app.scoring.rubric import Approach, Rubric

VIVA_FOLDER = "viva"

_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_SCHEMAS = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd"
_ITEM_SPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_PACKAGE_SPACE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
# What XML 1.0 has no place for; clean_text has taken out the control characters below U+0020 already.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def item_xml(question: QuestionFile) -> str:
    """The question as an extended-text item, with its rubric in words for who scores."""
    prompt = "\n".join(_paragraphs(question.prompt, "    "))
    rubric = "\n".join(_rubric(Rubric.from_dict(question.rubric)))
    title = _attribute(question.title)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item xmlns="{_ITEM_SPACE}" {_XSI}
  xsi:schemaLocation="{_ITEM_SPACE} {_SCHEMAS}/imsqti_asiv3p0_v1p0.xsd"
  identifier="{question.slug}" title="{title}" adaptive="false" time-dependent="false" xml:lang="en"
  tool-name="Viva" tool-version="{_attribute(__version__)}">
  <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="string">
    <qti-correct-response>
      <qti-value>{_text(question.model_answer)}</qti-value>
    </qti-correct-response>
  </qti-response-declaration>
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float" external-scored="human"/>
  <qti-item-body>
{prompt}
    <qti-extended-text-interaction response-identifier="RESPONSE" expected-lines="12"/>
    <qti-rubric-block view="scorer" use="scoring">
      <qti-content-body>
{rubric}
      </qti-content-body>
    </qti-rubric-block>
  </qti-item-body>
</qti-assessment-item>
"""


def manifest_xml(slugs: Sequence[str]) -> str:
    """The package's table of contents: an item and Viva's own file a question."""
    resources = "\n".join(
        f"""    <resource identifier="item-{slug}" type="imsqti_item_xmlv3p0" href="items/{slug}.xml">
      <file href="items/{slug}.xml"/>
      <dependency identifierref="viva-{slug}"/>
    </resource>
    <resource identifier="viva-{slug}" type="webcontent" href="{VIVA_FOLDER}/{slug}.json">
      <file href="{VIVA_FOLDER}/{slug}.json"/>
    </resource>"""
        for slug in slugs
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="{_PACKAGE_SPACE}" {_XSI}
  xsi:schemaLocation="{_PACKAGE_SPACE} {_SCHEMAS}/imsqtiv3p0_imscpv1p2_v1p0.xsd"
  identifier="viva-questions">
  <metadata>
    <schema>QTI Package</schema>
    <schemaversion>3.0.0</schemaversion>
  </metadata>
  <organizations/>
  <resources>
{resources}
  </resources>
</manifest>
"""


def _paragraphs(text: str, indent: str) -> Iterator[str]:
    """Markdown as far as its line breaks go: wrapped lines are joined, lists and tables keep theirs, code keeps all."""
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        if "```" in paragraph or re.match(r" {4}|\t", paragraph):
            yield f"{indent}<pre>{_text(paragraph)}</pre>"
            continue
        lines = [_text(line.strip()) for line in paragraph.split("\n")]
        joined = lines[0]
        for line in lines[1:]:
            joined += f"<br/>{line}" if re.match(r"[-*+|] ?|\d+[.)] ", line) else f" {line}"
        yield f"{indent}<p>{joined}</p>"


def _rubric(rubric: Rubric) -> Iterator[str]:
    for approach in rubric.approaches:
        if len(rubric.approaches) > 1:
            yield f"        <p>Either, {_text(approach.name)}:</p>"
        yield "        <ul>"
        yield from _criteria(approach)
        yield "        </ul>"


def _criteria(approach: Approach) -> Iterator[str]:
    for criterion in approach.criteria:
        said = f"{criterion.statements[0]} ({criterion.facet.replace('_', '-')}, weight {criterion.weight:g})"
        wrong = f" Wrong: {criterion.false_twins[0]}" if criterion.false_twins else ""
        yield f"          <li>{_text(said + wrong)}</li>"
    for group in approach.groups:
        members = ", ".join(group.criteria)
        yield f"          <li>{_text(f'At least {group.at_least} of {members} (weight {group.weight:g})')}</li>"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("", text), quote=False)


def _attribute(text: str) -> str:
    return escape(_NO_XML.sub("", " ".join(text.split())))
