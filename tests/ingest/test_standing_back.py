"""What is told to pods of a namespace in which another operator works."""

import asyncio

from tests.ingest.serving import batch, serving


def test_a_post_is_to_come_again_while_another_operator_works_there(tmp_path):
    asyncio.run(_posted(tmp_path))


async def _posted(folder):
    others = {"research": "system/second_pod"}
    async with serving(folder, foreign=others.get) as at:
        code, body, headers = await at.post(batch("digits-7", (1, 0.5)))
        assert code == 503
        assert "operator system/second_pod works in this namespace" in body["error"]["message"]
        assert int(headers["Retry-After"]) >= 1
        assert await at.stored() == []
        others.clear()
        code, body, _ = await at.post(batch("digits-7", (1, 0.5)))
        assert code == 200
        assert await at.stored() == [(7, "val_accuracy", 1, 0.5)]
