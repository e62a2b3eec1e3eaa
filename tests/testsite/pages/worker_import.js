const imported = "!";
