"""test_config.py - `espoload config`, and the guard of protected servers."""
import json

import harness


class Config(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.write_csv("leads.csv", harness.leads(12))
        (self.folder / "config" / "espoload").mkdir(parents=True)

    def config(self, text):
        return self.write("config/espoload/config.json",
                          text if isinstance(text, str) else json.dumps(text, indent=1))

    def profiles(self, default="test", **live):
        """"live" is the server, "test" nowhere."""
        return self.config({"default": default, "profiles": {
            "live": {"url": self.server.url, "protected": True, **live},
            "test": {"url": "http://127.0.0.1:1"}}})

    # --- espoload config

    def test_where_values_come_from(self):
        path = self.profiles(jobs=3, settle=7)
        self.write("key", harness.KEY)
        run = self.espoload("config", "import", "--profile", "live", "--timeout", "9",
                            "--json", env={"ESPOLOAD_RETRIES": "2"})
        options = {(e["name"], e.get("command")): e for e in run.events()
                   if e["type"] == "option"}

        def facts(name, command=None):
            e = options[name, command]
            return e["value"], e["source"], e["from"]
        self.assertEqual(facts("url"), (self.server.url, "profile",
                                        f"{path}:5: /profiles/live/url"))
        self.assertEqual(facts("jobs"), ("3", "profile", f"{path}:7: /profiles/live/jobs"))
        self.assertEqual(facts("timeout"), ("9", "flag", "--timeout"))
        self.assertEqual(facts("retries"), ("2", "environment", "ESPOLOAD_RETRIES"))
        self.assertEqual(facts("color"), ("auto", "default", None))
        self.assertEqual(facts("rate"), (None, "unset", None))
        self.assertEqual(facts("settle", "import"),
                         ("7", "profile", f"{path}:8: /profiles/live/settle"))
        secret = options["api-key", None]
        self.assertEqual((secret["value"], secret["secret"], secret["set"],
                          secret["from"]), (None, True, True, "ESPOLOAD_API_KEY"))
        self.assertEqual([(e["name"], e["inUse"], e["default"], e["protected"])
                          for e in run.events() if e["type"] == "profile"],
                         [("live", True, False, True), ("test", False, True, False)])
        self.assertNotIn(harness.KEY, run.out + run.err)

    def test_text(self):
        self.profiles()
        run = self.espoload("config", "--jobs", "5",
                            env={"ESPOLOAD_PROXY": "http://me:s3cret@proxy:3128"})
        self.assertRegex(run.out, r"(?m)^  jobs +5 +--jobs$")
        self.assertRegex(run.out, r"(?m)^  api-key +set, from ESPOLOAD_API_KEY$")
        self.assertRegex(run.out, r"(?m)^  test +http://127.0.0.1:1  in use  default$")
        self.assertRegex(run.out, r"(?m)^  url .*  line 9: /profiles/test/url$")
        self.assertNotIn("s3cret", run.out)
        self.assertNotIn(harness.KEY, run.out)
        self.assertLess(max(map(len, run.out.split("Not set")[1].splitlines())), 80)

    def test_mistakes(self):
        """File, line, JSON Pointer, and what was meant."""
        path = self.config('{\n "profiles": {\n  "a/b": {\n   "jops": 1\n  }\n }\n}\n')
        run = self.espoload("config", expect=2)
        self.assertIn(f"{path}:4: /profiles/a~1b/jops: unknown key; "
                      "did you mean \"jobs\"?", run.err)
        self.config('{"profiles": {"x": {},\n"live": {"protected": "yes"}}}')
        run = self.espoload("config", expect=2)
        self.assertIn(":2: /profiles/live/protected: must be true or false", run.err)
        run = self.espoload("config", "imprt", expect=2)

    # --- the guard

    def imported(self, *options, **more):
        return self.import_csv("leads.csv", *options, server=self.server, **more)

    def test_script_is_refused(self):
        """Without a terminal there is nobody to ask, and --yes is no answer."""
        self.profiles()
        for options in ((), ("-y",), ("--profile", "live", "-y")):
            run = self.imported(*options, expect=2)
            self.assertIn("127.0.0.1 is protected", run.err)
            self.assertIn("--confirm 127.0.0.1", run.err)
        self.assertEqual(self.server.posts(), 0)
        self.assertFalse((self.folder / "leads.csv.checkpoint").exists())

    def test_confirm(self):
        self.config({"profiles": {"live": {"url": self.server.url, "protected": True}}})
        run = self.imported("--confirm", "test.example.com", expect=2)
        self.assertIn("--confirm names \"test.example.com\"", run.err)
        self.imported("--confirm", "127.0.0.1")
        self.assertEqual(self.server.stored(), 12)

    def test_confirm_of_another_server(self):
        """Nothing is protected, and a script says where it means to write: another server
        is refused all the same."""
        self.imported("--confirm", "crm.example.com", expect=2)
        self.imported("--confirm", f"127.0.0.1:{self.server.port}")

    def test_only_writes_ask(self):
        self.profiles()
        self.imported("-n")
        self.espoload("check", "leads.csv", "-m", harness.PLAIN, server=self.server)
        self.espoload("export", "Lead", "-o", "out.csv", server=self.server)
        self.espoload("ping", server=self.server)

    def test_undo_and_resume_ask(self):
        self.imported("--limit", "6")
        self.profiles()
        # the address comes from the checkpoint, the profile in use is another one
        run = self.espoload("resume", "leads.csv.checkpoint", "-y", expect=2)
        self.assertIn("is protected", run.err)
        run = self.espoload("undo", "leads.csv.checkpoint", "-y", expect=2)
        self.assertIn("is protected", run.err)
        self.espoload("undo", "leads.csv.checkpoint", "-n")
        self.assertEqual(self.server.stored(), 6)
        self.espoload("resume", "leads.csv.checkpoint", "--confirm", "127.0.0.1")
        self.assertEqual(self.server.stored(), 12)
        self.espoload("undo", "leads.csv.checkpoint", "-y", "--confirm", "127.0.0.1")
        self.assertEqual(self.server.stored(), 0)

    def test_refused_undo_leaves_the_run(self):
        """A run whose undo was refused can still be resumed."""
        self.imported("--limit", "6")
        self.profiles()
        self.espoload("undo", "leads.csv.checkpoint", "-y", expect=2)
        self.espoload("resume", "leads.csv.checkpoint", "--confirm", "127.0.0.1")
        self.assertEqual(self.server.stored(), 12)

    def test_refusal_costs_nothing(self):
        """A run that is refused, or that finds no server, leaves the checkpoint of the
        last one, although --force would replace it."""
        self.imported()
        self.profiles()
        self.imported("--force", "-y", expect=2)
        self.import_csv("leads.csv", "--force", "-y", "--retries", "0", "--profile",
                        "test", expect=5)
        self.espoload("undo", "leads.csv.checkpoint", "-y", "--confirm", "127.0.0.1")
        self.assertEqual(self.server.stored(), 0)

    def test_environment_does_not_switch_it_off(self):
        self.profiles()
        run = self.imported("--profile", "live", expect=2,
                            env={"ESPOLOAD_PROTECTED": "false"})
        self.assertIn("cannot switch the protection off", run.err)
        run = self.espoload("import", "leads.csv", "-m", harness.PLAIN, "--protected",
                            server=self.server, expect=2)
        self.assertIn("is protected", run.err)

    def ask(self, answer):
        """An import on a terminal, with the answer typed: exit code, what was shown."""
        self.profiles()
        return self.on_terminal("import", "leads.csv", "-m", harness.PLAIN, "-y",
                                prompt="type its host name: ", answer=answer)

    def test_terminal(self):
        code, shown = self.ask("yes")
        self.assertEqual(code, 2, shown)
        self.assertIn("you have typed \"yes\"", shown)
        self.assertEqual(self.server.posts(), 0)
        code, shown = self.ask("127.0.0.1")
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.server.stored(), 12)


if __name__ == "__main__":
    harness.main()
