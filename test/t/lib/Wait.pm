# The only way in which a test waits for something that it cannot be told of.
package Wait;
use strict;
use warnings;
use parent 'Exporter';

use Time::HiRes qw(sleep time);

our @EXPORT = qw(eventually);

# Seconds, far beyond anything that is waited for: it ends a hanging test, it decides none. A debugger may
# take its time.
use constant LIMIT => $ENV{UPGRADE_TEST_GDB} ? 86_400 : 60;

# What is asked, as soon as it is true; 0 at the limit. With another limit in seconds it may only decide when
# to try something else. It is asked often at first, and then less so.
sub eventually {
    my ($true, $limit) = @_;
    my $end  = time + ($limit || LIMIT);
    my $step = 0.002;
    while (1) {
        my $result = $true->();
        return $result if $result;
        return 0       if time > $end;
        sleep $step;
        $step *= 1.5 if $step < 0.05;
    }
}

1;
