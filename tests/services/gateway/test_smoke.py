import json
async def test_smoke(bench):
    r = await bench.chat("I am Ada Lovelace")
    print(r.status_code, dict(r.headers), json.dumps(r.json(), indent=1))
    assert r.status_code == 200
