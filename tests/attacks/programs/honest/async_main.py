# ---stdio---
import asyncio
async def read(): return await asyncio.get_running_loop().run_in_executor(None, input)
async def main():
    a, b = map(int, (await asyncio.wait_for(read(), 1)).split())
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(10)))
    print(a + b)
asyncio.run(main())
# ---fn---
import asyncio
async def later(x):
    await asyncio.sleep(0); return x
def add(a, b):
    async def main(): return sum(await asyncio.gather(later(a), later(b)))
    return asyncio.run(main())
