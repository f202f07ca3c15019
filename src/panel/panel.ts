import xtermStyles from "@xterm/xterm/css/xterm.css";
import panelStyles from "../../media/panel.css";
import { dispatch, toPanelChecks } from "./protocol";
import { adoptStyles, allowSpanStyles } from "./shims";
import { TaskBoard, type PanelState } from "./taskBoard";
import { defineToolkitElements } from "./toolkit";

const editor = acquireVsCodeApi<PanelState>();

adoptStyles(xtermStyles, panelStyles);
allowSpanStyles();
defineToolkitElements();

const board = new TaskBoard({
  send: (message) => editor.postMessage(message),
  state: editor.getState() ?? {},
  keep: (state) => void editor.setState(state),
});
window.addEventListener("message", ({ data }) => dispatch(data, toPanelChecks, board.handlers));
board.open();
