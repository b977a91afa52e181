"""A stand-in for Asterisk: it speaks AMI, calls FastAGI, and behaves as recorded traces of Asterisk 16 and 22 do.

For tests and for machines without Asterisk. It carries no audio and no SIP, and listens on loopback alone.
"""

from simulation.standin.people import FarEnd, People
from simulation.standin.switch import StandInSwitch
from simulation.standin.world import Timing

__all__ = ["FarEnd", "People", "StandInSwitch", "Timing"]
