"""Hugging Face's Trainer with the report library's callback; run where transformers is."""

import json
import sys

from espalier_report import hugging_face_callback
from hugging_face import Training

plan = json.loads(sys.argv[1])
Training(plan, [hugging_face_callback(step=plan["step"])]).run()
