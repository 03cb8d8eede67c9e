#!/usr/bin/env node
require("./miniredis.cjs").runProgram();
