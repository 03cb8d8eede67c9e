import { testScriptsBeside } from "../script_file.ts";

testScriptsBeside(import.meta.url);
