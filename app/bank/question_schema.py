"""The JSON Schema of a question's file, as editors and other programs want it."""

from __future__ import annotations

from typing import Any

from app.bank.question_file import QuestionFile
from app.bank.words import FACETS

ID = {"type": "string", "minLength": 1}
WEIGHT = {"type": "number", "exclusiveMinimum": 0, "default": 1}


def question_schema() -> dict[str, Any]:
    """JSON Schema 2020-12; what it allows and `viva bank check` refuses is a matter of quality, not of shape."""
    schema = QuestionFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A question of Viva's bank"
    schema["properties"]["rubric"] = {"$ref": "#/$defs/Rubric"}
    schema["$defs"] |= _rubric()
    return schema


def _rubric() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string", "minLength": 1}}
    criterion = {
        "type": "object",
        "description": "One thing a good answer says.",
        "additionalProperties": False,
        "required": ["id", "facet", "statements"],
        "properties": {
            "id": ID,
            "facet": {"enum": list(FACETS)},
            "weight": WEIGHT,
            "statements": texts | {"minItems": 1, "description": "Ways of saying it; any of them will do."},
            "false_twins": texts | {"description": "Misconceptions that sound alike."},
            "follow_up": {"type": ["string", "null"], "description": "What to ask when it is missing."},
        },
    }
    group = {
        "type": "object",
        "description": "Some number of several criteria is enough.",
        "additionalProperties": False,
        "required": ["criteria"],
        "properties": {
            "criteria": {"type": "array", "items": ID, "minItems": 1},
            "at_least": {"type": "integer", "minimum": 1, "default": 1},
            "weight": WEIGHT,
        },
    }
    criteria = {"type": "array", "items": {"$ref": "#/$defs/Criterion"}, "minItems": 1}
    groups = {"type": "array", "items": {"$ref": "#/$defs/Group"}}
    approach = {
        "type": "object",
        "description": "One complete way of answering.",
        "additionalProperties": False,
        "required": ["criteria"],
        "properties": {"id": ID, "name": ID, "criteria": criteria, "groups": groups},
    }
    rubric = {
        "description": "Approaches, of which the best counts; or bare criteria, which mean one approach.",
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["approaches"],
                "properties": {"approaches": {"type": "array", "items": {"$ref": "#/$defs/Approach"}, "minItems": 1}},
            },
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["criteria"],
                "properties": {"criteria": criteria, "groups": groups},
            },
        ],
    }
    return {"Rubric": rubric, "Approach": approach, "Criterion": criterion, "Group": group}
