import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { eventually } from "../support/eventually";
import { findProcesses, uniqueMarker } from "../support/processes";
import { createCatalog } from "../support/openSshCatalog";

describe("the commands of Match exec", () => {
  it("run for a host that is asked for, and for no list", async (t) => {
    const text = 'Match exec "touch DIR/ran"\nHost web web2\nHost *.lab\n';
    const { catalog, folder, runs } = await createCatalog(t, text);
    const ran = (): boolean => existsSync(join(folder, "ran"));

    await catalog.listHosts();
    await catalog.findTags("web");
    await catalog.findHost("unknown");
    await catalog.findHost("-web");
    assert.deepEqual([ran(), await runs()], [false, []]);

    await catalog.findHost("web");
    assert.equal(ran(), true);
  });

  it("that are slow delay only their host, and end in an error", async (t) => {
    const marker = uniqueMarker();
    const text = `Match originalhost slow exec "sleep ${marker}"\nHost slow web\n`;
    const { catalog } = await createCatalog(t, text, { seconds: 1 });

    const slow = catalog.findHost("slow");
    slow.catch(() => undefined);
    assert.equal((await catalog.findHost("web"))?.hostName, "web");
    await assert.rejects(slow, {
      code: "configUnreadable",
      message: /ssh -G slow took longer than 1 s, perhaps for a command of Match exec\. Correct/,
    });
    await eventually("the command is gone", () => findProcesses(marker).length === 0);
  });
});

describe("asking ssh -G", () => {
  it("is shared by all who ask at a time, and for some seconds after", async (t) => {
    const { catalog, runs, clock } = await createCatalog(t, "Host web\nHost db\n");

    await Promise.all(Array.from({ length: 100 }, () => catalog.findConfig("web")));
    await catalog.findConfig("web");
    assert.equal((await runs()).length, 1);
    await catalog.findConfig("db");
    assert.equal((await runs()).length, 2);
    await clock.advance(4_999);
    await catalog.findConfig("web");
    assert.equal((await runs()).length, 2);
    await clock.advance(1);
    await catalog.findConfig("web");
    assert.equal((await runs()).length, 3);
  });

  it("is done again once the config or what it includes has changed, were it at the same time", async (t) => {
    const { catalog, edit, folder } = await createCatalog(t, "Include DIR/*.inc\nHost web\n");
    const user = async (): Promise<string | undefined> => (await catalog.findHost("web"))?.user;
    const at = new Date(1_700_000_000_000);
    await edit("User aaa\n", "b.inc");
    await utimes(join(folder, "b.inc"), at, at);
    assert.equal(await user(), "aaa");

    await edit("User bbb\n", "b.inc");
    await utimes(join(folder, "b.inc"), at, at);
    assert.equal(await user(), "bbb");
    await edit("User ccc\n", "a.inc");
    assert.equal(await user(), "ccc");
    await edit("Host web\n User ddd\n");
    assert.equal(await user(), "ddd");
  });

  it("is done again where it failed", async (t) => {
    const text =
      'Match exec "rmdir DIR/once"\n User dev\nMatch !exec "test -d DIR/there"\n Bad x\nHost web\n';
    const { catalog, folder, runs } = await createCatalog(t, text);

    await assert.rejects(catalog.findHost("web"));
    await mkdir(join(folder, "there"));
    await assert.rejects(catalog.findHost("web"));

    assert.equal((await runs()).length, 2);
  });

  it("is done for many hosts some at a time", async (t) => {
    const names = Array.from({ length: 100 }, (_, n) => `web${n}`);
    const folder = await mkdtemp(join(tmpdir(), "crowd-"));
    t.after(() => rm(folder, { recursive: true }));
    const program = join(folder, "ssh");
    // Says as the user how many run at the time.
    const script = `cd ${folder}; : > run.$$; sleep 0.2; echo "user $(ls run.* | wc -l)"; rm run.$$`;
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const { catalog } = await createCatalog(t, `Host ${names.join(" ")}\n`, { program });

    const found = await Promise.all(names.map((name) => catalog.findHost(name)));

    const most = Math.max(...found.map((host) => Number(host?.user)));
    assert.ok(most > 1 && most <= 32, `${most} at a time`);
  });
});
