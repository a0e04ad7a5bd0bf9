import collections, sys
sys.path.insert(0,"/work/main")
import tests.unit.agents.lifecycle.test_state_machine as m
from collections import Counter
C=Counter()
real=m.Lives.teardown
def td(self):
    try: real(self)
    finally: pass
orig_work=m.Lives.work
def statuses_final(self):
    for s in self.statuses(): C[s.state.value+("/rb" if s.plan.kind=="rollback" else "")+(f"/r{s.plan.revision}" if s.plan.revision>1 else "")]+=1
    C["writes"]+=len(self.house.platform.ours()); C["examples"]+=1; C["yes"]+=sum(map(len,self.said_yes.values()))
def td2(self):
    if hasattr(self,"house"):
        orig_work(self); statuses_final(self)
    real(self)
m.Lives.teardown=td2
def test_x(migrated):
    try: m.test_nothing_is_ever_written_without_a_valid_approval(migrated)
    finally: print(sorted(C.items()))
