"""test_field_rights.py - a user whose role forbids fields. EspoCRM drops what such a user
sends and leaves out what it may not read, without a word; so it is said beforehand."""
import json

import harness
import planned

WEAK = "weak-key-7b20c4"


def forbid(read=(), **fields):
    """What App/user has of a role that forbids to write these attributes of leads, by
    field, and to read these."""
    level = {f: {"edit": "no", "read": "no" if f in read else "yes"} for f in fields}
    edit = [name for names in fields.values() for name in names]
    hidden = [name for f, names in fields.items() if f in read for name in names]
    return {"fieldTable": {"Contact": level},
            "fieldTableQuickAccess": {"Contact": {"attributes": {
                "read": {"yes": [], "no": hidden}, "edit": {"yes": [], "no": edit}}}}}


NAME = forbid(name=["salutationName", "firstName", "lastName", "middleName", "name"],
              description=["description"], read=("description",))


class FieldRights(planned.Planned):
    server_options = ("--weak-key", WEAK)

    def setUp(self):
        super().setUp()
        everything = {"create": "yes", "read": "all", "edit": "all", "delete": "all"}
        self.server.set(weakRole={"Contact": everything}, weakFields=NAME)
        self.write_csv("c.csv", [{"firstName": "Ada", "lastName": "Byron",
                                  "description": "d", "title": "t"}])

    def test_mapped(self):
        """Refused, though the metadata has firstName as a field that can be written."""
        run = self.espoload("check", "c.csv", "-m",
                            "Contact: firstName=firstName, title=title",
                            server=self.server, key=WEAK, expect=2)
        self.assertIn("'firstName' may not be edited by this user", run.err)

    def test_star(self):
        """A column that is left out for the role's sake is not one that nobody knows."""
        self.server.set(weakFields=forbid(addressCity=["addressCity"]))
        self.write_csv("c.csv", [{"lastName": "Byron", "addressCity": "t", "shoe": "38"}])
        run = self.espoload("check", "c.csv", "-m", "Contact: *=*", server=self.server,
                            key=WEAK)
        self.assertIn("  left out, for this user may not edit these fields: addressCity\n",
                      run.err)
        self.assertIn("  not mapped, ignored: shoe\n", run.err)

    def test_draft(self):
        """By whatever name a column goes; what a draft maps can be imported."""
        self.server.set(weakFields=forbid(
            phoneNumber=["phoneNumber"], emailAddress=["emailAddress"],
            description=["description"], addressCity=["addressCity"]))
        self.write_csv("d.csv", [{"Last Name": "Byron", "Phone": "+4930901820",
                                  "Telefonnummer": "+4930901821", "Notes": "n",
                                  "emailAddress": "a@b.example", "E-Mail": "c@d.example"}])
        run = self.espoload("map", "d.csv", "Contact", "-o", "d.json", server=self.server,
                            key=WEAK)
        draft = json.loads((self.folder / "d.json").read_text())
        self.assertEqual({c["name"]: c.get("field") for c in draft["columns"]},
                         {"Last Name": "lastName", "Phone": None, "Telefonnummer": None,
                          "Notes": None, "emailAddress": None, "E-Mail": None})
        for column in draft["columns"][1:]:
            self.assertIn("this user's role may not edit the field", column["comment"])
        self.assertNotIn("cannot be imported", run.err)
        self.espoload("check", "d.csv", "-m", "d.json", server=self.server, key=WEAK)

    def test_export(self):
        """What may not be read is no empty column, by whatever field it is forbidden."""
        run = self.espoload("export", "Contact", "--select", "id,description", "-o", "-",
                            server=self.server, key=WEAK, expect=4)
        self.assertIn("your role may not read 'description'", run.err)


if __name__ == "__main__":
    harness.main()
