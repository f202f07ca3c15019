import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { limitNames, limitRanges } from "../../src/tasks/limits";
import * as ids from "../../src/ui/commandIds";
import { repositoryRoot } from "../support/repo";

const menuItem = z.object({ command: z.string(), when: z.string(), group: z.string().optional() });

const manifest = z
  .object({
    main: z.string(),
    icon: z.string(),
    engines: z.object({ vscode: z.string() }),
    activationEvents: z.array(z.string()),
    devDependencies: z.record(z.string(), z.string()),
    contributes: z.object({
      viewsContainers: z.object({
        activitybar: z.array(z.object({ id: z.string(), title: z.string(), icon: z.string() })),
      }),
      views: z.record(z.string(), z.array(z.object({ id: z.string(), name: z.string() }))),
      viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string() })),
      commands: z.array(z.object({ command: z.string(), title: z.string() })),
      menus: z.record(z.string(), z.array(menuItem)),
      mcpServerDefinitionProviders: z.array(z.object({ id: z.string(), label: z.string() })),
      configuration: z.object({
        properties: z.record(
          z.string(),
          z.object({
            type: z.string(),
            default: z.unknown(),
            minimum: z.number().optional(),
            maximum: z.number().optional(),
            scope: z.string(),
            markdownDescription: z.string(),
          }),
        ),
      }),
    }),
  })
  .parse(JSON.parse(read("package.json")));
const { contributes } = manifest;

describe("package.json", () => {
  it("has the commands of the code, with the titles people search for", () => {
    assert.deepEqual(
      Object.fromEntries(contributes.commands.map(({ command, title }) => [command, title])),
      {
        "sshTasks.cancelTask": "Cancel SSH Task",
        "sshTasks.forceKillTask": "Force Kill SSH Task",
        "sshTasks.retryCancelTask": "Retry Cancel SSH Task",
        "sshTasks.stopLeftovers": "Stop Leftovers of SSH Task",
        "sshTasks.showTaskProcesses": "Show SSH Task Processes",
        "sshTasks.runTask": "Run SSH Task…",
        "sshTasks.showTaskOutput": "Show SSH Task Output",
        "sshTasks.clearFinishedTasks": "Clear Finished SSH Tasks",
        "sshTasks.openPanel": "Open SSH Tasks",
        "sshTasks.manageGrants": "Manage SSH Grants",
        "sshTasks.showAuditLog": "Show SSH Audit Log",
        "sshTasks.forgetSecrets": "Forget Saved SSH Secrets",
        "sshTasks.runTaskOnHost": "Run SSH Task…",
        "sshTasks.testConnection": "Test SSH Connection",
        "sshTasks.copySshCommand": "Copy SSH Command",
        "sshTasks.disconnectHost": "Disconnect SSH Host",
        "sshTasks.refreshHosts": "Refresh SSH Hosts",
        "sshTasks.openSshConfig": "Open SSH Configuration",
        "sshTasks.openInTerminal": "Open SSH Task in Terminal",
        "sshTasks.runTaskAgain": "Run SSH Task Again",
        "sshTasks.copyCommand": "Copy Command",
        "sshTasks.copyTaskId": "Copy Task Id",
        "sshTasks.copyOutput": "Copy Output",
        "sshTasks.saveOutput": "Save Output…",
        "sshTasks.removeTask": "Remove SSH Task",
        "sshTasks.cancelAllOnHost": "Cancel All SSH Tasks on Host",
        "sshTasks.showMoreTasks": "Show More",
        "sshTasks.groupTasksByHost": "Group SSH Tasks by Host",
        "sshTasks.groupTasksByStatus": "Group SSH Tasks by Status",
      } satisfies Record<ids.CommandId, string>,
    );
  });

  it("has the settings of the code, each of the machine", () => {
    const { properties } = contributes.configuration;
    assert.deepEqual(Object.keys(properties).sort(), [...ids.settingIds].sort());
    for (const { scope } of Object.values(properties)) assert.equal(scope, "application");
  });

  it("gives each limit the default and the range of the code, and says what it is", () => {
    for (const name of limitNames) {
      const setting = contributes.configuration.properties[`${ids.limitSection}.${name}`];
      const { type, default: fallback, minimum: min, maximum: max } = { ...setting };

      assert.equal(type, "integer");
      assert.deepEqual({ default: fallback, min, max }, limitRanges[name]);
      assert.match(String(setting?.markdownDescription), /^[A-Z].{30,}\.$/);
    }
  });

  it("has the views, the panel and the MCP provider of the code", () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id, title }) => [id, title]),
      [["sshTasks", "SSH Tasks"]],
    );
    const views = Object.values(contributes.views).flat();
    assert.deepEqual(
      views.map(({ id, name }) => [id, name]),
      [
        [ids.viewId, "Tasks"],
        [ids.hostViewId, "Hosts"],
      ],
    );
    assert.deepEqual(
      contributes.viewsWelcome.map(({ view }) => view),
      [ids.viewId, ids.hostViewId],
    );
    assert.deepEqual(contributes.mcpServerDefinitionProviders, [
      { id: ids.mcpProviderId, label: "SSH Tasks" },
    ]);
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${ids.panelType}`));
  });

  it("offers in menus only what there is, where it is", () => {
    const { commandPalette = [], ...menus } = contributes.menus;
    const commands: readonly string[] = ids.commandIds;
    const contexts: Readonly<Record<string, readonly string[]>> = {
      [ids.viewId]: ids.treeContexts,
      [ids.hostViewId]: ids.hostContexts,
    };
    for (const { command, when } of Object.values(menus).flat()) {
      assert.ok(commands.includes(command), command);
      const [, view = ""] = /view == ([\w.]+)/.exec(when) ?? [];
      const [, context] = /viewItem [!=]= (\w+)/.exec(when) ?? [];
      if (context !== undefined) assert.ok(contexts[view]?.includes(context), when);
      else if (when.includes("viewItem")) assert.match(when, /viewItem(?: =~ \/\^ended\/)?$/);
      else if (view === "") assert.equal(when, "activeWebviewPanelId == sshTasks.panel");
      else assert.ok(view in contexts, when);
    }
    // One has the title of the command that asks for a host, the other is a line of the tree.
    assert.deepEqual(commandPalette, [
      { command: "sshTasks.runTaskOnHost", when: "false" },
      { command: "sshTasks.showMoreTasks", when: "false" },
    ]);
  });

  it("has a button in the line of what can be ended, but none that a double click would turn into a kill", () => {
    const inline = (contributes.menus["view/item/context"] ?? [])
      .filter(({ group, when }) => group === "inline" && when.includes(ids.viewId))
      .map(({ command, when }) => [/viewItem == (\w+)/.exec(when)?.[1], command]);

    assert.deepEqual(Object.fromEntries(inline), {
      cancellable: "sshTasks.cancelTask",
      lost: "sshTasks.retryCancelTask",
      endedWithLeftovers: "sshTasks.stopLeftovers",
    });
  });

  it("links commands that exist", () => {
    for (const { contents } of contributes.viewsWelcome) {
      const [, command = ""] = /\(command:([\w.]+)\)/.exec(contents) ?? [];
      assert.ok((ids.commandIds as readonly string[]).includes(command), contents);
    }
  });

  it("names pictures that exist", () => {
    const pictures = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ];
    for (const path of pictures) assert.ok(existsSync(join(repositoryRoot(), path)), path);
  });

  it("asks for no newer editor than the types describe", () => {
    assert.equal(
      manifest.engines.vscode,
      manifest.devDependencies["@types/vscode"]?.replace(/^[~^]?/, "^"),
    );
  });
});

describe("the sources", () => {
  it("name no id of ours that commandIds.ts does not have", () => {
    const known: readonly string[] = [
      ...ids.commandIds,
      ...ids.settingIds,
      ids.limitSection,
      ids.viewId,
      ids.hostViewId,
      ids.statusBarId,
      ids.panelType,
      ids.mcpProviderId,
    ];
    for (const file of readdirSync(join(repositoryRoot(), "src/ui"))) {
      for (const [, id = ""] of read(`src/ui/${file}`).matchAll(/"(sshTasks\.\w+)"/g)) {
        assert.ok(known.includes(id), `${file}: ${id}`);
      }
    }
  });
});

function read(path: string): string {
  return readFileSync(join(repositoryRoot(), path), "utf8");
}
