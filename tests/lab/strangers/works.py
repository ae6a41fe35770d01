"""Kinds of work, as presets that streams begin from."""

from __future__ import annotations

from .account import Mix, Work

_TOOLS = Mix.of(chat=0.55, execute_tool=0.45)

CHATTING = Work(Mix.of(general=0.75, rewriting=0.1, reasoning=0.08, translation=0.07), 300, 350, cached=0.2)
CODING = Work(Mix.of(coding=0.85, reasoning=0.08, general=0.07), 1800, 600, cached=0.3, reasoning=0.2)
AGENT = Work(Mix.of(agentic_tool_use=0.6, coding=0.4), 9000, 450, _TOOLS, cached=0.75, reasoning=0.2, tools=True)
SUPPORT = Work(
    Mix.of(general=0.8, agentic_tool_use=0.15, translation=0.05),
    1500,
    180,
    Mix.of(chat=0.9, execute_tool=0.1),
    cached=0.6,
    tools=True,
)
WRITING = Work(Mix.of(rewriting=0.6, general=0.4), 900, 900, cached=0.2)
TRANSLATING = Work(Mix.of(translation=0.9, rewriting=0.1), 700, 750, spread=0.5)
SUMMARISING = Work(Mix.of(general=0.7, rewriting=0.3), 4000, 260, cached=0.05)
EXTRACTING = Work(Mix.of(data_extraction=0.8, general=0.2), 2200, 160, cached=0.4, spread=0.5)
LABELLING = Work(Mix.of(classification=0.6, grading=0.4), 450, 25, cached=0.5, elicits=0.06, spread=0.4)
GRADING = Work(Mix.of(grading=0.85, reasoning=0.15), 1400, 240, cached=0.4, elicits=0.18)
STUDYING = Work(Mix.of(reasoning=0.5, coding=0.3, general=0.2), 500, 700, reasoning=0.3, elicits=0.22)
TEACHING = Work(Mix.of(reasoning=0.5, general=0.4, grading=0.1), 400, 1200, reasoning=0.3, elicits=0.42)
PUZZLING = Work(Mix.of(reasoning=0.8, coding=0.2), 600, 1500, reasoning=0.6, elicits=0.4)
EXAMINING = Work(Mix.of(reasoning=0.4, coding=0.3, general=0.3), 700, 400, reasoning=0.3, elicits=0.12, spread=0.5)
PROBING = Work(Mix.of(general=0.5, reasoning=0.3, safety=0.2), 500, 420, elicits=0.25)
SEEING = Work(Mix.of(vision=0.85, general=0.15), 1700, 200, spread=0.4)
EMBEDDING = Work(Mix.of(embeddings=1.0), 350, 0, Mix.of(embeddings=1.0), cached=0.0, reasoning=0.0, elicits=0.01)
PLAYING = Work(Mix.of(roleplay=0.8, general=0.2), 2500, 280, cached=0.6)
